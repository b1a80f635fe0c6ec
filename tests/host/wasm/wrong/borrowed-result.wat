;; Malformed: a function's result can't hold a borrowed resource, at byte 23
(component
  (import "r" (type $r (sub resource)))
  (type $b (borrow $r))
  (type (func (result (option $b)))))
