//! The linker would lift all imports to the newest release that anything linked in declares.

fn main() {
    println!("cargo:rustc-link-arg=--merge-imports-based-on-semver=false");
}
