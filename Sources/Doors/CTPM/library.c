#define _GNU_SOURCE
#if __has_include(<tss2/tss2_esys.h>)

#include <dlfcn.h>
#include <stdio.h>

#include "library.h"

int firebreak_tss_load(struct firebreak_tss *tss, char *why, size_t why_bytes) {
    // A library stays loaded for the life of the process: each dlopen of the same name gives the same one.
#define FIREBREAK_TSS_FIND(library, name) \
    { \
        void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL); \
        if (handle == NULL) { \
            snprintf(why, why_bytes, "%s is not installed (Debian: libtss2-esys-3.0.2-0, libtss2-tctildr0)", library); \
            return -1; \
        } \
        tss->name = (__typeof__(&name))dlsym(handle, #name); \
        if (tss->name == NULL) { \
            snprintf(why, why_bytes, "%s has no %s; version 3 of tpm2-tss is needed", library, #name); \
            return -1; \
        } \
    }
    FIREBREAK_TSS_FUNCTIONS(FIREBREAK_TSS_FIND)
#undef FIREBREAK_TSS_FIND
    return 0;
}

#endif
