// What the targets ask of AddressSanitizer where ASAN_OPTIONS does not ask for something else. Small inputs by the
// million need no quarter of a gigabyte of freed memory kept aside, and no stack for each allocation: these cost half
// of the time. Who allocated or freed is told by a run of the one input with ASAN_OPTIONS=malloc_context_size=30.
extern "C" const char* __asan_default_options();   // NOLINT: the sanitizer's name for it
extern "C" const char* __asan_default_options() {  // NOLINT
  return "malloc_context_size=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}
