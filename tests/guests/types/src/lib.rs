//! Every WIT type, there and back: see `wit/types.wit`.

wit_bindgen::generate!({ path: "wit", world: "types" });

use exports::moonwit::types::{calls, echo};

struct Types;

macro_rules! echo {
    ($($name:ident: $type:ty),* $(,)?) => { $(fn $name(v: $type) -> $type { v })* };
}

mod echoes {
    use super::{echo, Types};
    use echo::*;

    impl Guest for Types {
        echo! {
            // every primitive
            echo_bool: bool,
            echo_u8: u8,
            echo_s8: i8,
            echo_u16: u16,
            echo_s16: i16,
            echo_u32: u32,
            echo_s32: i32,
            echo_u64: u64,
            echo_s64: i64,
            echo_f32: f32,
            echo_f64: f64,
            echo_char: char,
            echo_string: String,
            // lists of every primitive
            echo_list_bool: Vec<bool>,
            echo_list_u8: Vec<u8>,
            echo_list_s8: Vec<i8>,
            echo_list_u16: Vec<u16>,
            echo_list_s16: Vec<i16>,
            echo_list_u32: Vec<u32>,
            echo_list_s32: Vec<i32>,
            echo_list_u64: Vec<u64>,
            echo_list_s64: Vec<i64>,
            echo_list_f32: Vec<f32>,
            echo_list_f64: Vec<f64>,
            echo_list_char: Vec<char>,
            echo_list_string: Vec<String>,
            // lists of everything else
            echo_list_list_u8: Vec<Vec<u8>>,
            echo_list_list_string: Vec<Vec<String>>,
            echo_list_list_list_u16: Vec<Vec<Vec<u16>>>,
            echo_list_point: Vec<Point>,
            echo_list_person: Vec<Person>,
            echo_list_shape: Vec<Shape>,
            echo_list_color: Vec<Color>,
            echo_list_month: Vec<Month>,
            echo_list_access: Vec<Access>,
            echo_list_flags9: Vec<Flags9>,
            echo_list_flags17: Vec<Flags17>,
            echo_list_option_u8: Vec<Option<u8>>,
            echo_list_option_string: Vec<Option<String>>,
            echo_list_result: Vec<Result<u32, String>>,
            echo_list_tuple: Vec<(u8, u64, String)>,
            echo_list_mixed: Vec<Mixed>,
            // records
            echo_point: Point,
            echo_mixed: Mixed,
            echo_person: Person,
            echo_line: Line,
            echo_single: Single,
            echo_wide: Wide,
            // tuples
            echo_tuple1: (u8,),
            echo_tuple2: (String, u32),
            echo_tuple4: (u8, u64, bool, String),
            echo_tuple_nested: ((i8, f64), Point, (char,)),
            // variants, with every join of core types
            echo_shape: Shape,
            echo_join32: Join32,
            echo_join64: Join64,
            echo_join_many: JoinMany,
            echo_bare: Bare,
            echo_lone: Lone,
            // enums of one and of two bytes
            echo_color: Color,
            echo_month: Month,
            echo_code: Code,
            // flags of one, two and four bytes
            echo_access: Access,
            echo_flags1: Flags1,
            echo_flags8: Flags8,
            echo_flags9: Flags9,
            echo_flags16: Flags16,
            echo_flags17: Flags17,
            echo_flags32: Flags32,
            // options
            echo_option_u8: Option<u8>,
            echo_option_u64: Option<u64>,
            echo_option_f32: Option<f32>,
            echo_option_string: Option<String>,
            echo_option_point: Option<Point>,
            echo_option_list: Option<Vec<String>>,
            echo_option_option: Option<Option<u32>>,
            echo_option_option_option: Option<Option<Option<String>>>,
            echo_option_list_option: Option<Vec<Option<u16>>>,
            echo_option_result: Option<Result<u8, String>>,
            // deep nesting
            echo_deep: Deep,
            echo_tree: Tree,
            echo_nest: Vec<Option<Result<(String, Vec<Shape>), Vec<Person>>>>,
            // a result inside another value
            echo_tuple_result: (Result<u8, String>, Result<u32, ()>, Result<(), String>, Result<(), ()>),
        }
    }
}

mod called {
    use super::{calls, Types};
    use calls::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn failure() -> Failure {
        Failure { code: 7, message: "no such thing".into() }
    }

    /// Keeps the compiler from turning endless recursion into a loop.
    #[inline(never)]
    fn descend(depth: u32) -> u32 {
        let here = core::hint::black_box([depth; 64]);
        if depth == 0 { 0 } else { descend(depth - 1) + core::hint::black_box(&here)[63] / depth }
    }

    impl Guest for Types {
        fn give_result(ok: bool) -> Result<(), ()> { if ok { Ok(()) } else { Err(()) } }
        fn give_result_ok(ok: bool) -> Result<u32, ()> { if ok { Ok(42) } else { Err(()) } }
        fn give_result_err(ok: bool) -> Result<(), String> { if ok { Ok(()) } else { Err("no".into()) } }
        fn give_result_both(ok: bool) -> Result<u64, String> { if ok { Ok(u64::MAX) } else { Err("not ok".into()) } }
        fn give_result_bytes(ok: bool) -> Result<Vec<u8>, Failure> { if ok { Ok(vec![0, 1, 254, 255]) } else { Err(failure()) } }
        fn give_result_reason(ok: bool) -> Result<String, Reason> { if ok { Ok("found".into()) } else { Err(Reason::NotFound) } }
        fn give_result_problem(which: u8) -> Result<f64, Problem> {
            match which {
                0 => Ok(0.5),
                1 => Err(Problem::Unknown),
                2 => Err(Problem::Reason(Reason::TooLarge)),
                _ => Err(Problem::Detail(failure())),
            }
        }
        fn give_result_nested(which: u8) -> Result<Result<Option<u8>, String>, Result<bool, Reason>> {
            match which {
                0 => Ok(Ok(None)),
                1 => Ok(Ok(Some(9))),
                2 => Ok(Err("inner".into())),
                3 => Err(Ok(true)),
                _ => Err(Err(Reason::TooLarge)),
            }
        }
        fn take_result(v: Result<u32, String>) -> String {
            match v {
                Ok(number) => format!("ok {number}"),
                Err(text) => format!("err {text}"),
            }
        }

        fn nothing() {}
        fn take_only(_text: String) {}
        fn give_only() -> String { "given".into() }
        fn sixteen(
            a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32, l: u32, m: u32, n: u32, o: u32, p: u32,
        ) -> u64 {
            weighted(&[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
        }
        fn seventeen(
            a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32, j: u32, k: u32, l: u32, m: u32, n: u32, o: u32, p: u32,
            q: u32,
        ) -> u64 {
            weighted(&[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q])
        }
        fn twenty_mixed(
            a: u8, b: String, c: f64, d: Option<u16>, e: Vec<u32>, f: bool, g: char, h: i64, i: (u8, String), j: Result<u8, u8>, k: u8, l: u8,
            m: u8, n: u8, o: u8, p: u8, q: u8, r: u8, s: f32, t: String,
        ) -> String {
            format!("{a} {b} {c} {d:?} {e:?} {f} {g} {h} {i:?} {j:?} {:?} {s} {t}", [k, l, m, n, o, p, q, r])
        }
        fn trailing_options(a: u32, b: Option<u32>, c: Option<String>) -> String { format!("{a} {b:?} {c:?}") }

        fn mul(a: u32, b: u32) -> u32 { a.wrapping_mul(b) }
        fn sum_s32(values: Vec<i32>) -> i64 { values.into_iter().map(i64::from).sum() }
        fn sum_f64(values: Vec<f64>) -> f64 { values.into_iter().sum() }
        fn sum_bytes(bytes: Vec<u8>) -> u64 { bytes.into_iter().map(u64::from).sum() }
        fn join(parts: Vec<String>, separator: String) -> String { parts.join(&separator) }
        fn char_count(text: String) -> u32 { text.chars().count() as u32 }
        fn make_bytes(size: u32) -> Vec<u8> { (0..size).map(|i| i as u8).collect() }
        fn make_strings(count: u32) -> Vec<String> { (0..count).map(|i| i.to_string()).collect() }
        fn next_count() -> u32 {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            COUNT.fetch_add(1, Ordering::Relaxed) + 1
        }

        fn panic(message: String) { panic!("{message}") }
        fn unreachable() { core::arch::wasm32::unreachable() }
        fn spin() { loop { core::hint::black_box(0); } }
        fn recurse(depth: u32) -> u32 { descend(depth) }
    }

    /// Each position counts differently, so a swapped argument shows.
    fn weighted(values: &[u32]) -> u64 {
        values.iter().zip(1u64..).map(|(value, position)| u64::from(*value) * position).sum()
    }
}

impl Guest for Types {
    fn root_mul(a: u32, b: u32) -> u32 { a.wrapping_mul(b) }
    fn root_result(v: Option<String>) -> Result<String, Level> { v.ok_or(Level::High) }
    echo! {
        root_string: String,
        root_list: Vec<Vec3>,
        root_vec3: Vec3,
        root_payload: Payload,
        root_level: Level,
        root_marks: Marks,
        root_option: Option<Option<Vec3>>,
        root_tuple: (u8, String, Payload),
    }
}

export!(Types);
