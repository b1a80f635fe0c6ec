;; A component that has nothing.
(component)
