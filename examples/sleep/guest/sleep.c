// Sleeps with WASI's clocks and polling. The bindings (sleep_test.h) are made by wit-bindgen, see build.sh.
#include <stdlib.h>

#include "sleep_test.h"

static const uint64_t MILLISECOND = 1000000;

static wasi_io_poll_own_pollable_t timer(uint32_t ms) {
  return wasi_clocks_monotonic_clock_subscribe_duration(ms * MILLISECOND);
}

uint32_t exports_demo_sleep_test_sleep_sleep_ms(uint32_t ms) {
  uint64_t start = wasi_clocks_monotonic_clock_now();
  wasi_io_poll_own_pollable_t over = timer(ms);
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(over));
  wasi_io_poll_pollable_drop_own(over);
  return (uint32_t)((wasi_clocks_monotonic_clock_now() - start) / MILLISECOND);
}

void exports_demo_sleep_test_sleep_first_of(sleep_test_list_u32_t *ms, sleep_test_list_u32_t *over) {
  *over = (sleep_test_list_u32_t){.ptr = NULL, .len = 0};
  if (ms->len == 0) return;  // polling nothing is a trap

  wasi_io_poll_own_pollable_t *timers = calloc(ms->len, sizeof *timers);
  wasi_io_poll_borrow_pollable_t *lent = calloc(ms->len, sizeof *lent);
  if (timers == NULL || lent == NULL) abort();
  for (size_t i = 0; i < ms->len; i++) {
    timers[i] = timer(ms->ptr[i]);
    lent[i] = wasi_io_poll_borrow_pollable(timers[i]);
  }
  wasi_io_poll_poll(&(wasi_io_poll_list_borrow_pollable_t){.ptr = lent, .len = ms->len}, over);

  for (size_t i = 0; i < ms->len; i++) wasi_io_poll_pollable_drop_own(timers[i]);
  free(timers);
  free(lent);
  sleep_test_list_u32_free(ms);
}
