#!/bin/bash -eu
# Builds the fuzz targets for OSS-Fuzz, ClusterFuzz and ClusterFuzzLite, with the variables that these set: $CC $CXX $CFLAGS
# $CXXFLAGS $LIB_FUZZING_ENGINE $SRC $WORK $OUT. Of a target T there come to be, in $OUT: T, T_seed_corpus.zip, T.dict,
# T.options. SMTPSPEC_TARGETS: these targets alone (default: all).
smtpspec=$SRC/smtpspec
. "$smtpspec/ci/oss-fuzz/libraries.sh"

targets=()
for file in "$smtpspec"/fuzz/targets/*.cpp; do targets+=("$(basename "$file" .cpp)"); done
[ -z "${SMTPSPEC_TARGETS:-}" ] || read -ra targets <<< "$SMTPSPEC_TARGETS"

# The build type is none: the engine's flags say how it is compiled.
cmake -S "$smtpspec" -B "$WORK/build" -G Ninja -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_COMPILER="$CXX" \
      -DCMAKE_CXX_FLAGS="$CXXFLAGS" -DCMAKE_PREFIX_PATH="$libraries" \
      -DSMTPSPEC_TESTS=OFF -DSMTPSPEC_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" $run_path
ninja -C "$WORK/build" -j "${JOBS:-$(nproc)}" "${targets[@]/#/fuzz_}"

# Octets that an input may have: a seed at a bound of the target's is of no use where it is cut.
longest_input() {
  { echo 4096; find "$smtpspec/corpus/$1" "$smtpspec/corpus/regressions/$1" -type f -printf '%s\n' 2>/dev/null; } |
    sort -n | tail -n 1
}

for target in "${targets[@]}"; do
  cp "$WORK/build/fuzz/fuzz_$target" "$OUT/$target"
  copy_shared_libraries "$OUT/$target"
  pack_seeds "$target" "$smtpspec/corpus/$target" "$smtpspec/corpus/regressions/$target"
  cp "$smtpspec/fuzz/dictionaries/$target.dict" "$OUT/$target.dict"
  printf '[libfuzzer]\nmax_len = %s\ntimeout = 10\n' "$(longest_input "$target")" > "$OUT/$target.options"
done
