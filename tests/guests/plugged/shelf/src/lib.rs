//! Shelves with books: see `../shelf.wit`.

use std::cell::{Cell, RefCell};

wit_bindgen::generate!({ path: "../shelf.wit", world: "shelf" });

use exports::acme::shelf::books::{Book, Found, Guest, GuestShelf, Order, Shelf, ShelfBorrow};

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

struct Real {
    name: String,
    books: RefCell<Vec<Book>>,
}

impl Real {
    fn with(name: String, books: Vec<Book>) -> Real {
        LIVE.set(LIVE.get() + 1);
        Real { name, books: RefCell::new(books) }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl GuestShelf for Real {
    fn new(name: String) -> Real {
        Real::with(name, Vec::new())
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn put(&self, b: Book) -> Result<u32, String> {
        let mut books = self.books.borrow_mut();
        if books.iter().any(|book| book.title == b.title) {
            return Err(format!("{} is there already", b.title));
        }
        books.push(b);
        Ok(books.len() as u32)
    }

    fn find(&self, text: String) -> Found {
        let books = self.books.borrow();
        let found: Vec<&Book> = books.iter().filter(|book| book.title.contains(&text)).collect();
        match found.as_slice() {
            [] => Found::Nothing,
            [book] => Found::One((*book).clone()),
            several => Found::Many(several.iter().map(|book| book.title.clone()).collect()),
        }
    }

    fn sorted(&self, by: Order) -> Vec<Book> {
        let mut books = self.books.borrow().clone();
        match by {
            Order::Title => books.sort_by(|a, b| a.title.cmp(&b.title)),
            Order::Year => books.sort_by_key(|book| book.year),
        }
        books
    }

    fn absorb(&self, other: Shelf) {
        let mut theirs = other.into_inner::<Real>().books.take();
        self.books.borrow_mut().append(&mut theirs);
    }

    fn larger_than(&self, other: ShelfBorrow<'_>) -> bool {
        self.books.borrow().len() > other.get::<Real>().books.borrow().len()
    }

    fn split(whole: Shelf, at: u32) -> (Shelf, Shelf) {
        let whole = whole.into_inner::<Real>();
        let mut first = whole.books.take();
        let second = first.split_off(at as usize);
        let part = |name: &str, books| Shelf::new(Real::with(format!("{} {name}", whole.name), books));
        (part("front", first), part("back", second))
    }
}

struct Component;

impl Guest for Component {
    type Shelf = Real;

    fn checksum(data: Vec<u8>) -> u64 {
        data.iter().fold(0, |sum, byte| sum + u64::from(*byte))
    }

    fn live() -> u32 {
        LIVE.get()
    }

    #[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
    fn many(
        a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64, i: f32, j: f64, k: bool, l: char, m: u8, n: u8, o: u8, p: u8, q: String,
    ) -> String {
        format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p} {q}")
    }
}

export!(Component);
