//! Invoices that know nothing of taxes: they import these.

wit_bindgen::generate!({ world: "invoice", path: "../invoice.wit" });

use acme::invoice::tax::{Account, of};

struct Invoice;

impl Guest for Invoice {
    fn write(customer: String, lines: Vec<Line>) -> String {
        let account = Account::new(&customer);
        let mut text = format!("{customer}\n");
        for line in &lines {
            account.add(line.cents, line.rate);
            let cents = line.cents + of(line.cents, line.rate);
            text += &format!("  {}: {}.{:02}\n", line.item, cents / 100, cents % 100);
        }
        text + &account.text()
    }
}

export!(Invoice);
