#ifndef CWORKERSANDBOX_FILTER_H
#define CWORKERSANDBOX_FILTER_H

#include <stdint.h>

// Installs the seccomp filter. Returns 0 or a negated errno, and the number of calls on the list.
int firebreak_install_filter(uint8_t *allowed_call_count);

#endif
