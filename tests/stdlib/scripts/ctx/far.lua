return function(more)
  if more then return funcs.new():with_context { trace = more }:call('t:through', 't:who') end
  return funcs.call('t:who')
end
