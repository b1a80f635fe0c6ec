//! Taxes, for components that import them.

wit_bindgen::generate!({ world: "taxes", path: "../invoice.wit" });

use exports::acme::invoice::tax::{Guest, GuestAccount, Rate};
use std::cell::Cell;

struct Taxes;

struct Account {
    name: String,
    cents: Cell<u64>,
}

fn of(cents: u64, rate: Rate) -> u64 {
    cents * if rate == Rate::Full { 20 } else { 5 } / 100
}

impl Guest for Taxes {
    type Account = Account;

    fn of(cents: u64, rate: Rate) -> u64 {
        of(cents, rate)
    }
}

impl GuestAccount for Account {
    fn new(name: String) -> Self {
        Account { name, cents: Cell::new(0) }
    }

    fn add(&self, cents: u64, rate: Rate) {
        self.cents.set(self.cents.get() + of(cents, rate));
    }

    fn text(&self) -> String {
        let cents = self.cents.get();
        format!("tax of {}: {}.{:02}", self.name, cents / 100, cents % 100)
    }
}

export!(Taxes);
