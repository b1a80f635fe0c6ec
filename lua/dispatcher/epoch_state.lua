-- What a lane tells its answerer of epochs (lua/lane/epoch_answers.lua): both are Lua states of one thread, and this struct is all they
-- share. The dispatcher says in it who else waits for the lane; the code that enters a guest says which kind of call it is in
-- (lua/wasmtime/epochs.lua).

local ffi = require 'ffi'

ffi.cdef [[
typedef struct {
  double latest;         /* ALONE: the monotonic time at which the guest is ended, in nanoseconds */
  double next_timer;     /* when the lane's next timer is due; 0 for none */
  double computed;       /* the processor time of the thread when the call was first seen */
  volatile uint32_t *news;   /* not 0 when other threads want something of the lane; may be null */
  uint32_t state;        /* what kind of call the guest is in: set before it is entered */
  uint32_t others;       /* not 0 when other tasks of the lane can run */
  uint32_t too_long;     /* ALONE: not 0 when the bound is not the call's own limit */
  uint32_t interrupted;  /* set when a SHORT or LIMITED call was ended because it is long */
} mw_epochs;
]]

return {
  -- The lane's own, which its answerer is given the address of.
  notice = ffi.new 'mw_epochs',
  -- A synchronous call of a function that was always short; the next state says that an epoch has passed meanwhile.
  SHORT = 0,
  SHORT_SEEN = 1,
  -- The same, with a limit in time.
  LIMITED = 2,
  LIMITED_SEEN = 3,
  -- A call on a fiber, which gives way.
  FIBER = 4,
  -- A call that can't give way (a realloc, a destructor) and is ended when it is too long.
  ALONE = 5,
  -- A synchronous call that ends at its deadline.
  BOUND = 6,
}
