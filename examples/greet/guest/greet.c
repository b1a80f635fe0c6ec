// Says hello to the name in its only parameter. The component around this module is guest/greet.wat.
typedef unsigned char u8;
typedef unsigned long size;

extern u8 __heap_base;
static size top;

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size old_size, size align, size new_size) {
  (void)old, (void)old_size;
  if (!top) top = (size)&__heap_base;
  size at = (top + align - 1) & -align, end = at + new_size;
  size have = __builtin_wasm_memory_size(0) * 65536;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) / 65536) == (size)-1) __builtin_trap();
  top = end;
  return (void *)at;
}

static struct { u8 *data; size length; } answer;

__attribute__((export_name("greet")))
void *greet(const u8 *name, size length) {
  static const u8 before[] = "Hello, ", after[] = "!\n";
  // What a client types ends with a line end, as a rule.
  while (length && (name[length - 1] == '\n' || name[length - 1] == '\r')) length--;
  u8 *at = answer.data = cabi_realloc(0, 0, 1, sizeof before + sizeof after + length);
  for (size i = 0; i < sizeof before - 1; i++) *at++ = before[i];
  for (size i = 0; i < length; i++) *at++ = name[i];
  for (size i = 0; i < sizeof after - 1; i++) *at++ = after[i];
  answer.length = at - answer.data;
  return &answer;
}

__attribute__((export_name("cabi_post_greet")))
void cabi_post_greet(void *result) {
  (void)result;
  top = 0;
}
