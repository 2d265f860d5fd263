#!/bin/bash -eu
# A template for the author of a server: builds smtpspec's library by the engine's flags, then the fuzzers of the project in
# $SRC/server, which finds it by find_package (fuzz/example is such a project). FUZZERS: the names of its executables.
smtpspec=$SRC/smtpspec
. "$smtpspec/ci/oss-fuzz/libraries.sh"
read -ra fuzzers <<< "${FUZZERS:-server_fuzzer}"

# The library is not instrumented for coverage: what is to be discovered is the server.
cmake -S "$smtpspec" -B "$WORK/smtpspec" -G Ninja -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_COMPILER="$CXX" \
      -DCMAKE_CXX_FLAGS="${CXXFLAGS//-fsanitize=fuzzer-no-link/}" -DCMAKE_PREFIX_PATH="$libraries" -DSMTPSPEC_TESTS=OFF
ninja -C "$WORK/smtpspec" -j "${JOBS:-$(nproc)}" smtpspec_fuzzing
cmake --install "$WORK/smtpspec" --prefix "$WORK/prefix" --component development

cmake -S "$SRC/server" -B "$WORK/server" -G Ninja -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_COMPILER="$CXX" \
      -DCMAKE_CXX_FLAGS="$CXXFLAGS" -DCMAKE_PREFIX_PATH="$WORK/prefix;$libraries" -DENGINE="$LIB_FUZZING_ENGINE" $run_path
ninja -C "$WORK/server" -j "${JOBS:-$(nproc)}" "${fuzzers[@]}"

for fuzzer in "${fuzzers[@]}"; do
  cp "$WORK/server/$fuzzer" "$OUT/"
  copy_shared_libraries "$OUT/$fuzzer"
  pack_seeds "$fuzzer" "$WORK/prefix/share/smtpspec/corpus/session"
  cp "$WORK/prefix/share/smtpspec/corpus/session.dict" "$OUT/$fuzzer.dict"
  printf '[libfuzzer]\nmax_len = 4096\ntimeout = 10\n' > "$OUT/$fuzzer.options"
done
