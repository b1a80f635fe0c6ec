// Calls functions of the registry by the host's interface wippy:runtime/funcs. The bindings (callback.h) are made by wit-bindgen, see
// build.sh.
#include <stdlib.h>

#include "callback.h"

bool exports_callback_translate(callback_list_string_t *words, callback_string_t *translator, callback_list_string_t *ret, callback_string_t *err) {
  ret->len = words->len;
  ret->ptr = calloc(words->len ? words->len : 1, sizeof *ret->ptr);
  if (ret->ptr == NULL) abort();
  for (size_t i = 0; i < words->len; i++) {
    if (!wippy_runtime_funcs_call_string(translator, &words->ptr[i], &ret->ptr[i], err)) return false;
  }
  return true;
}
