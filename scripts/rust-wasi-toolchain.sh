#!/bin/bash
# Makes DIR/cargo, a cargo that builds WASI components, and DIR/target, the triple to give it.
# usage: scripts/rust-wasi-toolchain.sh [DIR]     (default .cache/rust-wasi; later calls return immediately)
#
# First choice is rustup's wasm32-wasip2. Where rustup is missing or may not download, Debian's Rust serves: it has the
# compiler, the wasm linker and std's source but no std for WASI, so that is compiled here (about two minutes). Debian's
# wasi-libc is that of preview 1, hence the triple wasm32-wasip1; wasm-component-ld makes a 0.2 component of it all the same.
set -euo pipefail

dir=$(realpath -m "${1:-.cache/rust-wasi}")
if [[ -x $dir/cargo && -s $dir/target ]]; then exit 0; fi
mkdir -p "$dir"

say() { echo "rust-wasi-toolchain: $*" >&2; }

# Panic messages contain paths of source files: without this, those on the machine that built the guest.
remap="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src= --remap-path-prefix=$PWD="

finish() { # triple, the cargo script's exports, its cargo
  printf '#!/bin/sh\n%s\nexec %s "$@"\n' "$2" "$3" >"$dir/cargo"
  chmod +x "$dir/cargo"
  echo "$1" >"$dir/target"
  say "ready: $dir/cargo builds $1"
}

try_rustup() {
  local triple=wasm32-wasip2
  command -v rustup >/dev/null || return 1
  if ! rustup target list --installed 2>/dev/null | grep -qx "$triple"; then
    say "asking rustup for $triple"
    timeout 120 rustup target add "$triple" >/dev/null 2>&1 || { say "rustup has no $triple to give"; return 1; }
  fi
  finish "$triple" "export CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS='$remap'" cargo
}

install_debian_packages() {
  local packages=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22 wasi-libc)
  dpkg -s "${packages[@]}" >/dev/null 2>&1 && return
  say "installing ${packages[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

use_debian() {
  local triple=wasm32-wasip1 host version sysroot=$dir/sysroot lib build=$dir/std-build
  install_debian_packages
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  version=$(/usr/bin/rustc -vV | sed -n 's/^release: //p')
  local tools=/usr/lib/rustlib/$host/bin
  lib=$sysroot/lib/rustlib/$triple/lib

  # A sysroot of our own: the host's std by link, WASI's to be filled in.
  mkdir -p "$lib/self-contained" "$sysroot/lib/rustlib/$host/bin"
  ln -sfn "/usr/lib/rustlib/$host/lib" "$sysroot/lib/rustlib/$host/lib"
  ln -sfn /usr/lib/llvm-22/bin/lld "$sysroot/lib/rustlib/$host/bin/rust-lld"
  ln -sfn "$tools/wasm-component-ld" "$sysroot/lib/rustlib/$host/bin/wasm-component-ld"
  cp /usr/lib/wasm32-wasi/{libc.a,crt1-command.o,crt1-reactor.o} "$lib/self-contained/"
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$sysroot" >"$dir/rustc"
  chmod +x "$dir/rustc"

  # std's workspace needs its neighbours, and a place where cargo may write: work on a copy.
  say "compiling std $version for $triple"
  rm -rf "$build"
  mkdir -p "$build"
  cp -r "/usr/src/rustc-$version/library" "/usr/src/rustc-$version/src" "$build/"
  ( cd "$build/library"
    # Bitcode, so that guests can be built with lto; the last two lines tell std that it is std.
    RUSTC=$dir/rustc CARGO_TARGET_DIR=$build/target CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_OPT_LEVEL=s \
    RUSTFLAGS="-Cpanic=abort -Cembed-bitcode=yes -Zforce-unstable-if-unmarked" \
    RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=wasi-serve-std \
    /usr/bin/cargo build --quiet --release --target "$triple" --manifest-path sysroot/Cargo.toml \
      --no-default-features --features panic-unwind )
  cp "$build/target/$triple/release/deps/"*.rlib "$lib/"
  rm -rf "$build"

  finish "$triple" "export RUSTC='$dir/rustc' CARGO_TARGET_WASM32_WASIP1_LINKER='$tools/wasm-component-ld'
export CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS='-Clink-self-contained=yes -Clink-arg=--wasm-ld-path=/usr/lib/llvm-22/bin/wasm-ld $remap'" \
    /usr/bin/cargo
}

try_rustup || use_debian
