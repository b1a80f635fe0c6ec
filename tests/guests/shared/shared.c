// Amounts of money, whose types come from an interface of types alone.
#include "shared.h"

void exports_shared_double(shared_amount_t *a, shared_amount_t *ret) {
  *ret = (shared_amount_t){.cents = a->cents * 2, .currency = a->currency};
}

bool exports_moonwit_shared_bank_add(exports_moonwit_shared_bank_amount_t *a, exports_moonwit_shared_bank_amount_t *b,
                                     exports_moonwit_shared_bank_amount_t *ret) {
  if (a->currency != b->currency) return false;
  *ret = (exports_moonwit_shared_bank_amount_t){.cents = a->cents + b->cents, .currency = a->currency};
  return true;
}

void exports_moonwit_shared_bank_zero(exports_moonwit_shared_bank_currency_t currency, exports_moonwit_shared_bank_amount_t *ret) {
  *ret = (exports_moonwit_shared_bank_amount_t){.cents = 0, .currency = currency};
}
