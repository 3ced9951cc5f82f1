//! The linker would lift all imports to the newest release; this guest is about what happens when it does not.

fn main() {
    println!("cargo:rustc-link-arg=--merge-imports-based-on-semver=false");
}
