-- Wasmtime's C API as LuaJIT sees it: declarations, the loaded library, and the check that both agree on layouts.
-- Source of the declarations: wasmtime.h, wasmtime/{store,instance,func,linker,async,wasi,memory,table,val,extern,trap,error}.h of Wasmtime
-- 50.

local ffi = require 'ffi'

ffi.cdef [[
typedef struct { uint64_t store_id; void *priv; } mw_func;
typedef struct { struct { uint64_t store_id; uint32_t p1; }; uint32_t p2; } mw_memory;
typedef struct { struct { uint64_t store_id; uint32_t p1; }; uint32_t p2; } mw_table;
typedef struct { uint64_t store_id; size_t priv; } mw_instance;
typedef struct { uint8_t kind; union { mw_func func; mw_memory memory; mw_table table; uint64_t room[3]; } of; } mw_extern;
typedef union { int32_t i32; int64_t i64; float f32; double f64; uint32_t u32; uint64_t u64; uint64_t v128[2]; } mw_raw;
typedef struct { uint8_t kind; union { uint32_t u32; uint64_t u64; mw_func funcref; uint64_t room[3]; } of; } mw_val;
typedef struct { uintptr_t (*callback)(uint32_t); void *env; void (*finalizer)(void *); } mw_continuation;
/* Pointers and sizes would be made objects for each call back into Lua. What stands for a number, or is not looked at, is taken as
   32 bits. */
typedef void *(*mw_host_callback)(uint32_t env, uint32_t caller, mw_raw *io, uint32_t count);
typedef void (*mw_wait_callback)(uint32_t env, uint32_t caller, uint32_t args, uint32_t count, uint32_t results, uint32_t size,
  uint32_t trap, mw_continuation *next);
typedef struct { size_t size; char *data; } mw_bytes;
typedef struct { size_t size; void **data; } mw_pointers;

void *wasmtime_store_new(void *engine, void *data, void *finalizer);
void *wasmtime_store_context(void *store);
void wasmtime_store_delete(void *store);
void wasmtime_store_limiter(void *store, int64_t memory_size, int64_t table_elements, int64_t instances, int64_t tables, int64_t memories);
void wasmtime_context_set_epoch_deadline(void *context, uint64_t ticks);
void wasmtime_store_epoch_deadline_callback(void *store, void *answer, void *lane, void *finalizer);
void *wasmtime_instance_new(void *context, const void *module, const mw_extern *imports, size_t count, mw_instance *instance, void **trap);
bool wasmtime_instance_export_get(void *context, const mw_instance *instance, const char *name, size_t length, mw_extern *item);
void *wasmtime_func_call_unchecked(void *context, const mw_func *func, mw_raw *io, size_t count, void **trap);
uint8_t *wasmtime_memory_data(void *context, const mw_memory *memory);
size_t wasmtime_memory_data_size(void *context, const mw_memory *memory);

void *wasm_valtype_new(uint8_t kind);
void wasm_valtype_vec_new(mw_pointers *out, size_t size, void **data);
void *wasm_functype_new(mw_pointers *params, mw_pointers *results);
void wasm_functype_delete(void *type);
void *wasmtime_linker_new(void *engine);
void wasmtime_linker_delete(void *linker);
void *wasmtime_linker_define_func_unchecked(void *linker, const char *module, size_t module_length, const char *name, size_t name_length,
  const void *type, mw_host_callback callback, void *data, void *finalizer);
void *wasmtime_linker_define_async_func(void *linker, const char *module, size_t module_length, const char *name, size_t name_length,
  const void *type, mw_wait_callback callback, void *data, void *finalizer);
bool wasmtime_linker_get(void *linker, void *context, const char *module, size_t module_length, const char *name, size_t name_length,
  mw_extern *item);
void *wasmtime_linker_instantiate_pre(const void *linker, const void *module, void **prepared);
void *wasmtime_instance_pre_instantiate(const void *prepared, void *context, mw_instance *instance, void **trap);
void wasmtime_instance_pre_delete(void *prepared);
void *wasmtime_table_grow(void *context, const mw_table *table, uint64_t elements, const mw_val *value, uint64_t *before);
void *wasmtime_table_set(void *context, const mw_table *table, uint64_t index, const mw_val *value);
void *wasmtime_trap_new(const char *message, size_t length);
void wasmtime_context_epoch_deadline_async_yield_and_update(void *context, uint64_t ticks);
void *wasmtime_func_call_async(void *context, const mw_func *func, const mw_val *args, size_t count, mw_val *results, size_t size,
  void **trap, void **failure);
bool wasmtime_call_future_poll(void *future);
void wasmtime_call_future_delete(void *future);

void wasm_trap_message(const void *trap, mw_bytes *out);
void wasm_trap_trace(const void *trap, mw_pointers *out);
void wasm_trap_delete(void *trap);
void wasmtime_error_message(const void *error, mw_bytes *out);
void wasmtime_error_wasm_trace(const void *error, mw_pointers *out);
void wasmtime_error_delete(void *error);
const mw_bytes *wasmtime_frame_func_name(const void *frame);
const mw_bytes *wasmtime_frame_module_name(const void *frame);
uint32_t wasm_frame_func_index(const void *frame);
void wasm_byte_vec_delete(mw_bytes *bytes);
void wasm_frame_vec_delete(mw_pointers *frames);
]]

local M = {}

--- Loads libwasmtime. `layouts` is what wasmtime-py's bindings say of each struct: {mw_func = {sizeof = 16, ...}, ...}.
---@param path string
---@param layouts table<string, table<string, integer>>
---@return table C
function M.open(path, layouts)
  for name, fields in pairs(layouts) do
    for field, value in pairs(fields) do
      local mine = field == 'sizeof' and ffi.sizeof(name) or ffi.offsetof(name, field)
      if mine ~= value then
        error(
          (
            'the struct %s of this libwasmtime has %s = %s where Moonwit expects %s: '
            .. 'install the wasmtime version that Moonwit asks for'
          ):format(name, field, tostring(value), tostring(mine)),
          0
        )
      end
    end
  end
  M.C = ffi.load(path)
  return M.C
end

-- Kinds of wasmtime_extern_t.
M.FUNC, M.TABLE, M.MEMORY = 0, 2, 3

-- Kinds of wasmtime_val_t by the letter that a core type has for them, and that of a reference to a function.
M.KINDS = { i = 0, I = 1, f = 2, F = 3 }
M.FUNCREF = 5

return M
