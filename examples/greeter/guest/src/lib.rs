//! A greeter whose words come from its environment.

wit_bindgen::generate!({ path: "greeter.wit", world: "greeter" });

struct Greeter;

impl Guest for Greeter {
    fn greet(name: String) -> String {
        let greeting = std::env::var("GREETING").unwrap_or_else(|_| "Hi".into());
        let mark = std::env::var("MARK").unwrap_or_default();
        format!("{greeting}, {name}{mark}")
    }
}

export!(Greeter);
