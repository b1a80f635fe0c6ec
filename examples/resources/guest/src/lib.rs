//! An index of texts as a resource: its state stays in the guest, the host holds handles.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

wit_bindgen::generate!({ path: "search.wit", world: "library" });

use exports::demo::search::search::{Guest, GuestTextIndex, Hit, TextIndex, TextIndexBorrow};

/// A text, as the number of times that each of its words stands in it.
type Words = BTreeMap<String, u32>;

struct Index {
    name: String,
    texts: RefCell<Vec<(String, Words)>>,
}

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

fn words_of(text: &str) -> Words {
    let mut words = Words::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}

impl Index {
    fn with(name: String, texts: Vec<(String, Words)>) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self { name, texts: RefCell::new(texts) }
    }

    fn words(&self) -> BTreeSet<String> {
        self.texts.borrow().iter().flat_map(|(_, words)| words.keys().cloned()).collect()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl GuestTextIndex for Index {
    fn new(name: String) -> Self {
        Self::with(name, Vec::new())
    }

    fn from_texts(name: String, texts: Vec<(String, String)>) -> TextIndex {
        let texts = texts.into_iter().map(|(title, text)| (title, words_of(&text))).collect();
        TextIndex::new(Self::with(name, texts))
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn add(&self, title: String, text: String) {
        self.texts.borrow_mut().push((title, words_of(&text)));
    }

    fn find(&self, word: String) -> Vec<Hit> {
        let word = word.to_lowercase();
        let texts = self.texts.borrow();
        let mut hits: Vec<Hit> = texts
            .iter()
            .filter_map(|(title, words)| words.get(&word).map(|count| Hit { title: title.clone(), count: *count }))
            .collect();
        hits.sort_by_key(|hit| Reverse(hit.count));
        hits
    }

    fn absorb(&self, other: TextIndex) -> u32 {
        let other: Index = other.into_inner();
        self.texts.borrow_mut().append(&mut other.texts.borrow_mut());
        self.texts.borrow().len() as u32
    }

    fn shared_words(&self, other: TextIndexBorrow<'_>) -> Vec<String> {
        self.words().intersection(&other.get::<Index>().words()).cloned().collect()
    }

    fn split(&self) -> Vec<TextIndex> {
        let texts = self.texts.borrow();
        texts.iter().map(|text| TextIndex::new(Self::with(text.0.clone(), vec![text.clone()]))).collect()
    }

    fn siblings(&self) -> u32 {
        LIVE.get() - 1
    }
}

struct Library;

impl Guest for Library {
    type TextIndex = Index;

    fn merge(first: TextIndexBorrow<'_>, second: TextIndex) -> TextIndex {
        let (first, second): (&Index, Index) = (first.get(), second.into_inner());
        let texts = first.texts.borrow().iter().chain(second.texts.borrow().iter()).cloned().collect();
        TextIndex::new(Index::with(format!("{} and {}", first.name, second.name), texts))
    }
}

export!(Library);
