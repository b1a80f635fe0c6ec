(type $a' (resource (rep i32))) (export $a "a" (type $a')) (core func $new-a (canon resource.new $a'))
(core func $rep-a (canon resource.rep $a'))
(type $b' (resource (rep i32))) (export $b "b" (type $b')) (core func $new-b (canon resource.new $b'))
(core func $rep-b (canon resource.rep $b'))
