// What the targets ask of AddressSanitizer where nobody asks for something else by ASAN_OPTIONS: small inputs by the
// million need no quarter of a gigabyte of freed memory kept aside, which alone takes a third of the time.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=8:malloc_context_size=6"; }
