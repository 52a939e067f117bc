// A TPM 2.0 by way of tpm2-tss's enhanced system API, loaded when it is first used: an agent runs where the library is
// not installed, and says so.
//
// Calls block for as long as the TPM takes. None may be made from two threads at once.

#ifndef FIREBREAK_CTPM_H
#define FIREBREAK_CTPM_H

#include <stddef.h>
#include <stdint.h>

enum {
    // SHA-256.
    FIREBREAK_TPM_DIGEST_BYTES = 32,
    // A key or sealed blob: TPM2B_PRIVATE and TPM2B_PUBLIC of P-256 and of 128 sealed bytes stay below 600.
    FIREBREAK_TPM_BLOB_BYTES_MAX = 2048,
    // TPMS_ATTEST, see TPM2B_ATTEST.
    FIREBREAK_TPM_ATTEST_BYTES_MAX = 1024,
    // r and s of an ECDSA signature over P-256.
    FIREBREAK_TPM_SIGNATURE_BYTES = 64,
    // A point of P-256, uncompressed: 4, x, y.
    FIREBREAK_TPM_POINT_BYTES = 65,
    // What can be sealed (TPM2B_SENSITIVE_DATA, MAX_SYM_DATA).
    FIREBREAK_TPM_SEALED_BYTES_MAX = 128,
};

enum firebreak_tpm_outcome {
    FIREBREAK_TPM_OK = 0,
    // Built without the headers of tpm2-tss.
    FIREBREAK_TPM_NOT_BUILT = 1,
    // libtss2 is not installed here.
    FIREBREAK_TPM_NO_LIBRARY = 2,
    // No TPM answers at this address.
    FIREBREAK_TPM_NO_ANSWER = 3,
    // The TPM answered with an error.
    FIREBREAK_TPM_REFUSED = 4,
    // The policy of a sealed blob does not hold: the register has another value.
    FIREBREAK_TPM_POLICY = 5,
    // The blob is no blob, or not one of this TPM.
    FIREBREAK_TPM_FOREIGN_BLOB = 6,
    // A value does not fit.
    FIREBREAK_TPM_TOO_LONG = 7,
};

struct firebreak_tpm;

// NULL when there is no memory.
struct firebreak_tpm *firebreak_tpm_new(void);

// Flushes what it loaded into the TPM, and frees it.
void firebreak_tpm_free(struct firebreak_tpm *tpm);

// Why the latest call failed: what was asked, and the TPM's answer in words.
const char *firebreak_tpm_why(const struct firebreak_tpm *tpm);

// Opens the TPM at an address of tpm2-tss (device:/dev/tpmrm0, swtpm:path=SOCKET) and makes its storage key.
int firebreak_tpm_open(struct firebreak_tpm *tpm, const char *address);

// Makes a restricted signing key that cannot leave this TPM; `blob` is useless without it. Here and below, a count that
// is pointed to holds the room before the call and the bytes after it.
int firebreak_tpm_key_make(struct firebreak_tpm *tpm, uint8_t *blob, size_t *blob_count);

// Loads such a key, to sign with from now on, and gives its public point.
int firebreak_tpm_key_load(struct firebreak_tpm *tpm, const uint8_t *blob, size_t blob_count, uint8_t *point);

// Sets a resettable register to zero, or extends it (SHA-256 bank).
int firebreak_tpm_register_reset(struct firebreak_tpm *tpm, uint32_t number);
int firebreak_tpm_register_extend(struct firebreak_tpm *tpm, uint32_t number, const uint8_t *digest);

// Signs the register's value together with `binding` by the loaded key.
int firebreak_tpm_quote(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *binding, uint8_t *attest, size_t *attest_count,
    uint8_t *signature);

// Reads the monotonic counter at an NV index, which is made when it is not there.
int firebreak_tpm_counter_read(struct firebreak_tpm *tpm, uint32_t index, uint64_t *value);
int firebreak_tpm_counter_advance(struct firebreak_tpm *tpm, uint32_t index);

// Seals `bytes` to the value that the register has now.
int firebreak_tpm_seal(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *bytes, size_t count, uint8_t *blob,
    size_t *blob_count);

// The sealed bytes, when the register has the value that it had then.
int firebreak_tpm_unseal(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *blob, size_t blob_count, uint8_t *bytes,
    size_t *count);

#endif
