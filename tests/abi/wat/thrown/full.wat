(type $words (array (mut i64))) (type $list (struct (field (ref null $list)) (field (ref $words))))
  (global $all (mut (ref null $list)) (ref.null $list))
  (func $fill (loop $more
   (global.set $all (struct.new $list (global.get $all) (array.new_default $words (i32.const 1000)))) (br $more)))
