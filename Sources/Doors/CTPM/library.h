// The functions of tpm2-tss that are used, found at run time. Types and constants are those of its headers.

#ifndef FIREBREAK_CTPM_LIBRARY_H
#define FIREBREAK_CTPM_LIBRARY_H

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "CTPM.h"

// The sonames of tpm2-tss 2.4 and later.
#define FIREBREAK_TSS_FUNCTIONS(each) \
    each("libtss2-tctildr.so.0", Tss2_TctiLdr_Initialize) \
    each("libtss2-tctildr.so.0", Tss2_TctiLdr_Finalize) \
    each("libtss2-rc.so.0", Tss2_RC_Decode) \
    each("libtss2-mu.so.0", Tss2_MU_TPM2B_PRIVATE_Marshal) \
    each("libtss2-mu.so.0", Tss2_MU_TPM2B_PRIVATE_Unmarshal) \
    each("libtss2-mu.so.0", Tss2_MU_TPM2B_PUBLIC_Marshal) \
    each("libtss2-mu.so.0", Tss2_MU_TPM2B_PUBLIC_Unmarshal) \
    each("libtss2-esys.so.0", Esys_Initialize) \
    each("libtss2-esys.so.0", Esys_Finalize) \
    each("libtss2-esys.so.0", Esys_Free) \
    each("libtss2-esys.so.0", Esys_Startup) \
    each("libtss2-esys.so.0", Esys_CreatePrimary) \
    each("libtss2-esys.so.0", Esys_Create) \
    each("libtss2-esys.so.0", Esys_Load) \
    each("libtss2-esys.so.0", Esys_FlushContext) \
    each("libtss2-esys.so.0", Esys_PCR_Reset) \
    each("libtss2-esys.so.0", Esys_PCR_Extend) \
    each("libtss2-esys.so.0", Esys_Quote) \
    each("libtss2-esys.so.0", Esys_StartAuthSession) \
    each("libtss2-esys.so.0", Esys_PolicyPCR) \
    each("libtss2-esys.so.0", Esys_PolicyGetDigest) \
    each("libtss2-esys.so.0", Esys_Unseal) \
    each("libtss2-esys.so.0", Esys_TR_FromTPMPublic) \
    each("libtss2-esys.so.0", Esys_TR_Close) \
    each("libtss2-esys.so.0", Esys_NV_DefineSpace) \
    each("libtss2-esys.so.0", Esys_NV_Increment) \
    each("libtss2-esys.so.0", Esys_NV_Read)

struct firebreak_tss {
#define FIREBREAK_TSS_MEMBER(library, name) __typeof__(&name) name;
    FIREBREAK_TSS_FUNCTIONS(FIREBREAK_TSS_MEMBER)
#undef FIREBREAK_TSS_MEMBER
};

// Fills in every function; 0, or -1 with what is missing in `why`.
int firebreak_tss_load(struct firebreak_tss *tss, char *why, size_t why_bytes);

struct firebreak_tpm {
    struct firebreak_tss tss;
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
    // The storage key, below which all others are; ESYS_TR_NONE while it is not loaded.
    ESYS_TR storage;
    ESYS_TR signing;
    char why[256];
};

// Notes a failed call and gives its outcome.
int firebreak_tpm_failed(struct firebreak_tpm *tpm, const char *call, TSS2_RC code);
int firebreak_tpm_fault(struct firebreak_tpm *tpm, int outcome, const char *why);

// A key or sealed object as bytes, and back.
int firebreak_tpm_pack(
    struct firebreak_tpm *tpm, const TPM2B_PRIVATE *private_part, const TPM2B_PUBLIC *public_part, uint8_t *blob,
    size_t *blob_count);
int firebreak_tpm_unpack(
    struct firebreak_tpm *tpm, const uint8_t *blob, size_t blob_count, TPM2B_PRIVATE *private_part,
    TPM2B_PUBLIC *public_part);

// Register `number` of the SHA-256 bank.
TPML_PCR_SELECTION firebreak_tpm_selection(uint32_t number);

#endif
