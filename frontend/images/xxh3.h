// xxHash's XXH3, in the form that is the fastest on this host; the values are the same in all forms.
#pragma once

#if defined(RINGDOWN_XXHASH_DISPATCH)
// The library looks at the processor and takes the widest vectors that it has.
#include <xxh_x86dispatch.h>
#else
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif
