-- Wasmtime's C API as LuaJIT sees it: declarations, the loaded library, and the check that both agree on layouts.
-- Source of the declarations: wasmtime.h, wasmtime/{store,instance,func,memory,extern,trap,error}.h of Wasmtime 50.

local ffi = require 'ffi'

ffi.cdef [[
typedef struct { uint64_t store_id; void *priv; } mw_func;
typedef struct { struct { uint64_t store_id; uint32_t p1; }; uint32_t p2; } mw_memory;
typedef struct { uint64_t store_id; size_t priv; } mw_instance;
typedef struct { uint8_t kind; union { mw_func func; mw_memory memory; uint64_t room[3]; } of; } mw_extern;
typedef union { int32_t i32; int64_t i64; float f32; double f64; uint32_t u32; uint64_t u64; uint64_t v128[2]; } mw_raw;
typedef struct { size_t size; char *data; } mw_bytes;
typedef struct { size_t size; void **data; } mw_frames;

void *wasmtime_store_new(void *engine, void *data, void *finalizer);
void *wasmtime_store_context(void *store);
void wasmtime_store_delete(void *store);
void wasmtime_store_limiter(void *store, int64_t memory_size, int64_t table_elements, int64_t instances, int64_t tables, int64_t memories);
void wasmtime_context_set_epoch_deadline(void *context, uint64_t ticks);
void *wasmtime_instance_new(void *context, const void *module, const mw_extern *imports, size_t count, mw_instance *instance, void **trap);
bool wasmtime_instance_export_get(void *context, const mw_instance *instance, const char *name, size_t length, mw_extern *item);
void *wasmtime_func_call_unchecked(void *context, const mw_func *func, mw_raw *io, size_t count, void **trap);
uint8_t *wasmtime_memory_data(void *context, const mw_memory *memory);
size_t wasmtime_memory_data_size(void *context, const mw_memory *memory);

void wasm_trap_message(const void *trap, mw_bytes *out);
void wasm_trap_trace(const void *trap, mw_frames *out);
void wasm_trap_delete(void *trap);
void wasmtime_error_message(const void *error, mw_bytes *out);
void wasmtime_error_wasm_trace(const void *error, mw_frames *out);
void wasmtime_error_delete(void *error);
const mw_bytes *wasmtime_frame_func_name(const void *frame);
const mw_bytes *wasmtime_frame_module_name(const void *frame);
uint32_t wasm_frame_func_index(const void *frame);
void wasm_byte_vec_delete(mw_bytes *bytes);
void wasm_frame_vec_delete(mw_frames *frames);
]]

local M = {}

-- Loads libwasmtime. `layouts` is what wasmtime-py's bindings say of each struct: {mw_func = {sizeof = 16, ...}, ...}.
function M.open(path, layouts)
  for name, fields in pairs(layouts) do
    for field, value in pairs(fields) do
      local mine = field == 'sizeof' and ffi.sizeof(name) or ffi.offsetof(name, field)
      if mine ~= value then
        error(('the struct %s of this libwasmtime has %s = %s where Moonwit expects %s: install the wasmtime version that Moonwit asks for')
          :format(name, field, tostring(value), tostring(mine)), 0)
      end
    end
  end
  M.C = ffi.load(path)
  return M.C
end

-- Kinds of wasmtime_extern_t.
M.FUNC, M.MEMORY = 0, 3

return M
