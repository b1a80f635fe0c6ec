for id in ('app:shop app:shop#nope app:shop# app:one#get app:s#x app:missing#x app:shop#cabi_realloc'):gmatch '%S+' do
  local _, err = funcs.call(id)
  print(err:kind(), err:message())
end
print(select(2, funcs.import 'app:s'))
print(select(2, funcs.import(7)))
print(funcs.import('app:one').get(), funcs.call 'app:shop#get')
