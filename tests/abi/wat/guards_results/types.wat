(type $one' (record (field "a" u16))) (export $one "one-t" (type $one'))
  (type $three' (record (field "a" u16) (field "b" u16) (field "c" u16))) (export $three "three-t" (type $three'))
  (type $four' (record (field "a" string) (field "b" u16) (field "c" u16) (field "d" u16))) (export $four "four-t" (type $four'))
  (type $five' (record
   (field "a" u16) (field "b" u16) (field "c" u16) (field "d" u16) (field "e" u16))) (export $five "five-t" (type $five'))
  (type $two-flags' (flags "a" "b")) (export $two-flags "flags-t" (type $two-flags'))
  (type $shape' (variant (case "a" u64) (case "b") (case "c" u16))) (export $shape "shape-t" (type $shape'))
