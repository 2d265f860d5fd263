# Sourced by build scripts. Builds the C++ libraries whose sources are in $SRC with the engine's own flags, static, into
# $WORK/libraries, where CMake and pkg-config find them first. What is not there comes from the system's packages.
libraries=$WORK/libraries
for library in fmt re2 pugixml; do
  [ -d "$SRC/$library" ] || continue
  cmake -S "$SRC/$library" -B "$WORK/build-$library" -G Ninja -DCMAKE_INSTALL_PREFIX="$libraries" -DCMAKE_INSTALL_LIBDIR=lib \
        -DBUILD_SHARED_LIBS=OFF -DFMT_TEST=OFF -DFMT_DOC=OFF -DRE2_BUILD_TESTING=OFF \
        -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$CXXFLAGS"
  ninja -C "$WORK/build-$library" -j "${JOBS:-$(nproc)}" install
done
export PKG_CONFIG_PATH=$libraries/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
# Where fuzzers look for shared libraries once they have been moved: beside themselves, those that libraries need too.
run_path='-DCMAKE_BUILD_RPATH=$ORIGIN/lib -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags'

# Copies what a fuzzer needs beyond the C library into $OUT/lib: nothing else is there where it will run.
copy_shared_libraries() {
  mkdir -p "$OUT/lib"
  ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' |
    while read -r file; do
      case "${file##*/}" in
        ld-linux*|libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|libresolv.so.*) ;;
        *) [ "${file%/*}" -ef "$OUT/lib" ] || cp -L "$file" "$OUT/lib/" ;;
      esac
    done
}

# Packs seeds: pack_seeds NAME FOLDER... Files of the same name in two folders are both kept.
pack_seeds() {
  local name=$1 folder file all
  shift
  all=$(mktemp -d)
  for folder in "$@"; do
    [ -d "$folder" ] || continue
    for file in "$folder"/*; do
      [ -f "$file" ] && cp "$file" "$all/$(sha1sum < "$file" | cut -c 1-40)"
    done
  done
  rm -f "$OUT/${name}_seed_corpus.zip"
  (cd "$all" && zip -q -X -r "$OUT/${name}_seed_corpus.zip" .)
  rm -rf "$all"
}
