;; Malformed: resource.new is for a resource that the component defines itself, at byte 19
(component
  (import "r" (type $r (sub resource)))
  (core func (canon resource.new $r)))
