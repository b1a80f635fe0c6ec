// Multiplies two numbers. A world this plain needs no bindings: the core function's type is the WIT type.
#include <stdint.h>

__attribute__((export_name("compute"))) uint32_t compute(uint32_t a, uint32_t b) { return a * b; }
