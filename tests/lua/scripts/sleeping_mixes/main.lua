local function main()
  local said = {}
  local function say(...) said[#said + 1] = table.concat({ tostring((...)), tostring((select(2, ...))) }, ' ') end
  --[[ BODY ]]
  return table.concat(said, '; ')
end
return { main = main }
