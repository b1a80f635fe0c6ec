//! Resources in every position: see `resources.wit`. A thing with the id 666 traps when it is dropped.

use std::cell::{Cell, RefCell};

wit_bindgen::generate!({ path: "resources.wit", world: "resources" });

use exports::moonwit::resources::{things, users};
use things::{GuestBox, GuestThing, Labelled, Slot, Thing, ThingBorrow};

struct Real(Cell<u32>);

struct Holder(RefCell<Option<Thing>>);

struct Resources;

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
    static GONE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

fn real(id: u32) -> Real {
    LIVE.set(LIVE.get() + 1);
    Real(Cell::new(id))
}

fn thing(id: u32) -> Thing {
    Thing::new(real(id))
}

fn id_of(thing: &Thing) -> u32 {
    thing.get::<Real>().0.get()
}

fn id_of_borrow(thing: &ThingBorrow<'_>) -> u32 {
    thing.get::<Real>().0.get()
}

impl Drop for Real {
    fn drop(&mut self) {
        assert_ne!(self.0.get(), 666);
        LIVE.set(LIVE.get() - 1);
        GONE.with_borrow_mut(|gone| gone.push(self.0.get()));
    }
}

impl GuestThing for Real {
    fn new(id: u32) -> Self { real(id) }
    fn id(&self) -> u32 { self.0.get() }
    fn set_id(&self, id: u32) { self.0.set(id) }
    fn same_as(&self, other: ThingBorrow<'_>) -> bool { core::ptr::eq(self, other.get::<Real>()) }
    fn pair(first: u32, second: u32) -> (Thing, Thing) { (thing(first), thing(second)) }
}

impl GuestBox for Holder {
    fn new(content: Thing) -> Self { Self(RefCell::new(Some(content))) }
    fn peek(&self) -> Option<u32> { self.0.borrow().as_ref().map(id_of) }
    fn take_out(&self) -> Option<Thing> { self.0.take() }
    fn put(&self, content: Thing) -> Result<(), Thing> {
        let mut held = self.0.borrow_mut();
        if held.is_some() {
            return Err(content);
        }
        *held = Some(content);
        Ok(())
    }
}

impl things::Guest for Resources {
    type Thing = Real;
    type Box = Holder;

    fn make(count: u32) -> Vec<Thing> { (1..=count).map(thing).collect() }
    fn try_make(ok: bool) -> Result<Thing, String> { if ok { Ok(thing(1)) } else { Err("not made".into()) } }
    fn maybe_make(some: bool) -> Option<Thing> { some.then(|| thing(1)) }
    fn echo_own(v: Thing) -> Thing { v }
    fn echo_list(v: Vec<Thing>) -> Vec<Thing> { v }
    fn echo_labelled(v: Labelled) -> Labelled { v }
    fn echo_slot(v: Slot) -> Slot { v }
    fn echo_option(v: Option<Thing>) -> Option<Thing> { v }
    fn id_of(v: ThingBorrow<'_>) -> u32 { id_of_borrow(&v) }
    fn ids_of(v: Vec<ThingBorrow<'_>>) -> Vec<u32> { v.iter().map(id_of_borrow).collect() }
    fn id_of_option(v: Option<ThingBorrow<'_>>) -> Option<u32> { v.as_ref().map(id_of_borrow) }
    fn sum_of(a: ThingBorrow<'_>, b: Thing, c: ThingBorrow<'_>) -> u32 { id_of_borrow(&a) + id_of(&b) + id_of_borrow(&c) }
    fn consume(v: Thing) -> u32 { id_of(&v) }
    fn consume_all(v: Vec<Thing>) -> u32 { v.iter().map(id_of).sum() }
    fn trap_with(_a: Thing, _b: ThingBorrow<'_>) { core::arch::wasm32::unreachable() }
    fn live() -> u32 { LIVE.get() }
    fn gone() -> Vec<u32> { GONE.with_borrow(Vec::clone) }
}

impl users::Guest for Resources {
    fn describe(v: ThingBorrow<'_>) -> String { format!("thing {}", id_of_borrow(&v)) }
    fn renumber(v: Thing, id: u32) -> Thing {
        v.get::<Real>().0.set(id);
        v
    }
}

export!(Resources);
