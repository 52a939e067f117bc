// What the broker and its watchdog share: one page, mapped before the fork. Written by one side, read by the other;
// numbers only, so that neither can lead the other astray.

#ifndef SHARED_H
#define SHARED_H

#include "include/CExecBroker.h"

#include <stdatomic.h>

struct firebreak_broker_watch_page {
    // Turns of the broker's loop.
    _Atomic uint32_t turns;
    // Looks of the watchdog.
    _Atomic uint32_t looks;
    // By descriptor of an event that is not answered: a serial number of its taking; 0 when there is none.
    _Atomic uint32_t held[FIREBREAK_BROKER_FILES_MAX];
};

// Never null: before the watchdog is started it is a page of the broker's own.
extern struct firebreak_broker_watch_page *firebreak_broker_watch_page;

// Takes the highest priority that is granted, `above` steps over the broker's.
void firebreak_broker_take_priority(int above);

#endif
