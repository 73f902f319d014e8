// What the bench program does as the guest's init.
#ifndef RINGDOWN_BENCH_GUEST_MACHINE_H
#define RINGDOWN_BENCH_GUEST_MACHINE_H

// Makes the second serial line, raw, standard input and output.
void open_serial_line(void);

// Loads the modules that the initramfs lists in /modules/order.
void load_modules(void);

#endif
