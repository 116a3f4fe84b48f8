//! Scratch.
#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, clippy::panic)]
fn main() {
    let seeds = gongkai_seeds::Seeds::builtin();
    let level = std::env::var("LEVEL").unwrap_or_default();
    let reading =
        gongkai_sheets::Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level: &level };
    for f in std::env::args().skip(1) {
        let bytes = std::fs::read(&f).unwrap();
        let name = std::path::Path::new(&f).file_name().unwrap().to_string_lossy().into_owned();
        match gongkai_sheets::read(&bytes, &name, &reading) {
            Ok(r) => println!("{}", serde_json::to_string(&r).unwrap()),
            Err(e) => println!(
                "{{\"file\":{:?},\"error\":{:?},\"message\":{:?},\"hint\":{:?}}}",
                name,
                e.code(),
                e.to_string(),
                e.hint()
            ),
        }
    }
}
