local c = funcs.import 'app:shop'
c.set(7)
local _, err = c.fail()
print(err:kind(), c.get(), funcs.stats('app:shop').errors)
