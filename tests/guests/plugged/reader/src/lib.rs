//! What a reader does with shelves of another component: see `../shelf.wit`.

wit_bindgen::generate!({ path: "../shelf.wit", world: "reader" });

use acme::shelf::books::{self, Book, Found, Marks, Order, Shelf};

struct Component;

fn book(title: &str, number: usize) -> Book {
    Book {
        title: title.into(),
        authors: title.split(' ').map(Into::into).collect(),
        year: (number % 2 == 0).then_some(1900 + number as u16),
        marks: if number % 3 == 0 { Marks::READ | Marks::TORN } else { Marks::LENT },
        initial: title.chars().next().unwrap_or('?'),
        weight: number as f64 / 4.0,
    }
}

fn shown(book: &Book) -> String {
    let Book { title, authors, year, marks, initial, weight } = book;
    let read = *marks == Marks::READ | Marks::TORN;
    format!("{title}|{}|{year:?}|{read}|{initial}|{weight}", authors.join("+"))
}

fn described(found: &Found) -> String {
    match found {
        Found::Nothing => "nothing".into(),
        Found::One(book) => format!("one {}", shown(book)),
        Found::Many(titles) => format!("many {}", titles.join(", ")),
    }
}

impl Guest for Component {
    fn run(names: Vec<String>) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        let shelf = Shelf::new("tall");
        for (number, name) in names.iter().enumerate() {
            lines.push(format!("put {}", shelf.put(&book(name, number))?));
        }
        for text in ["", "é", "nowhere"] {
            lines.push(described(&shelf.find(text)));
        }
        lines.extend(shelf.sorted(Order::Title).iter().map(shown));
        lines.extend(shelf.sorted(Order::Year).iter().map(|book| book.title.clone()));
        let (front, back) = Shelf::split(shelf, 1);
        lines.push(format!("{} {} {}", front.name(), back.name(), back.larger_than(&front)));
        front.absorb(back);
        lines.push(format!("{} shelves, {} books", books::live(), front.sorted(Order::Title).len()));
        Ok(lines)
    }

    fn sum(data: Vec<u8>) -> u64 {
        books::checksum(&data)
    }

    fn many() -> String {
        books::many(
            255, -128, 65535, -32768, u32::MAX, i32::MIN, u64::MAX, i64::MIN, 0.5, -0.25, true, '\u{10ffff}', 1, 2, 3, 4, "sevent\u{e9}en",
        )
    }

    fn live() -> u32 {
        books::live()
    }

    fn often(times: u32) -> u32 {
        let shelf = Shelf::new("often");
        (0..times).map(|_| shelf.name().len() as u32).sum()
    }
}

export!(Component);
