local t = time.date(2024, 12, 25, 10, 30, 5, 123456789, time.utc)
for _, name in ipairs { 'DATE_TIME', 'DATE_ONLY', 'TIME_ONLY', 'STAMP_MILLI', 'STAMP_MICRO', 'STAMP_NANO' } do
  print(name, t:format(time[name]))
end
print(time.localtz == time.LOCAL, time.localtz)
local timer, ticker = time.timer('1s'), time.ticker('1s')
print(timer:response() == timer:channel(), ticker:response() == ticker:channel(), ticker:stop(), ticker:stop())
for _, make in ipairs { time.timer, time.ticker } do
  for _, wrong in ipairs { 0, -1, '0s', 'soon' } do
    local made, err = make(wrong)
    print(made, err:kind(), err)
  end
end
