#define _GNU_SOURCE
#if __has_include(<tss2/tss2_esys.h>)

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

struct firebreak_tpm *firebreak_tpm_new(void) {
    struct firebreak_tpm *tpm = calloc(1, sizeof *tpm);
    if (tpm != NULL) {
        tpm->storage = ESYS_TR_NONE;
        tpm->signing = ESYS_TR_NONE;
    }
    return tpm;
}

void firebreak_tpm_free(struct firebreak_tpm *tpm) {
    if (tpm == NULL) return;
    if (tpm->esys != NULL) {
        if (tpm->signing != ESYS_TR_NONE) tpm->tss.Esys_FlushContext(tpm->esys, tpm->signing);
        if (tpm->storage != ESYS_TR_NONE) tpm->tss.Esys_FlushContext(tpm->esys, tpm->storage);
        tpm->tss.Esys_Finalize(&tpm->esys);
    }
    if (tpm->tcti != NULL) tpm->tss.Tss2_TctiLdr_Finalize(&tpm->tcti);
    free(tpm);
}

const char *firebreak_tpm_why(const struct firebreak_tpm *tpm) { return tpm->why; }

int firebreak_tpm_fault(struct firebreak_tpm *tpm, int outcome, const char *why) {
    snprintf(tpm->why, sizeof tpm->why, "%s", why);
    return outcome;
}

int firebreak_tpm_failed(struct firebreak_tpm *tpm, const char *call, TSS2_RC code) {
    snprintf(tpm->why, sizeof tpm->why, "%s: %s", call, tpm->tss.Tss2_RC_Decode(code));
    // A response of format one (Part 2, TPM_RC): bit 7 marks it, bits 0 to 5 are the error, the rest tells which
    // parameter, handle or session is meant.
    if ((code & TSS2_RC_LAYER_MASK) == TSS2_TPM_RC_LAYER && (code & TPM2_RC_FMT1) != 0) {
        TSS2_RC error = code & 0xBF;
        if (error == TPM2_RC_POLICY_FAIL) return FIREBREAK_TPM_POLICY;
        if (error == TPM2_RC_INTEGRITY) return FIREBREAK_TPM_FOREIGN_BLOB;
    }
    if ((code & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER) return FIREBREAK_TPM_NO_ANSWER;
    return FIREBREAK_TPM_REFUSED;
}

TPML_PCR_SELECTION firebreak_tpm_selection(uint32_t number) {
    TPML_PCR_SELECTION selection = {
        .count = 1, .pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3}}};
    if (number < 24) selection.pcrSelections[0].pcrSelect[number / 8] = (BYTE)(1u << (number % 8));
    return selection;
}

// The storage key: made anew at each start from the owner's seed, and always the same, so that nothing stays behind.
static int make_storage_key(struct firebreak_tpm *tpm) {
    TPM2B_SENSITIVE_CREATE sensitive = {0};
    TPM2B_DATA outside = {0};
    TPML_PCR_SELECTION creation = {0};
    TPM2B_PUBLIC template = {
        .publicArea = {
            .type = TPM2_ALG_ECC,
            .nameAlg = TPM2_ALG_SHA256,
            .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN
                | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
            .parameters.eccDetail = {
                .symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB},
                .scheme.scheme = TPM2_ALG_NULL,
                .curveID = TPM2_ECC_NIST_P256,
                .kdf.scheme = TPM2_ALG_NULL,
            },
        }};
    TSS2_RC code = tpm->tss.Esys_CreatePrimary(
        tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template, &outside,
        &creation, &tpm->storage, NULL, NULL, NULL, NULL);
    if (code == TSS2_RC_SUCCESS) return FIREBREAK_TPM_OK;
    tpm->storage = ESYS_TR_NONE;
    return firebreak_tpm_failed(tpm, "TPM2_CreatePrimary under the owner hierarchy", code);
}

int firebreak_tpm_open(struct firebreak_tpm *tpm, const char *address) {
    if (firebreak_tss_load(&tpm->tss, tpm->why, sizeof tpm->why) != 0) return FIREBREAK_TPM_NO_LIBRARY;
    TSS2_RC code = tpm->tss.Tss2_TctiLdr_Initialize(address, &tpm->tcti);
    if (code != TSS2_RC_SUCCESS) {
        firebreak_tpm_failed(tpm, address, code);
        return FIREBREAK_TPM_NO_ANSWER;
    }
    code = tpm->tss.Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "Esys_Initialize", code);
    // A kernel or a firmware has started a real TPM long ago, which is no error here; a simulator waits for it.
    code = tpm->tss.Esys_Startup(tpm->esys, TPM2_SU_CLEAR);
    if (code != TSS2_RC_SUCCESS && code != TPM2_RC_INITIALIZE) {
        return firebreak_tpm_failed(tpm, "TPM2_Startup", code);
    }
    return make_storage_key(tpm);
}

int firebreak_tpm_pack(
    struct firebreak_tpm *tpm, const TPM2B_PRIVATE *private_part, const TPM2B_PUBLIC *public_part, uint8_t *blob,
    size_t *blob_count) {
    size_t offset = 0;
    TSS2_RC code = tpm->tss.Tss2_MU_TPM2B_PRIVATE_Marshal(private_part, blob, *blob_count, &offset);
    if (code == TSS2_RC_SUCCESS) {
        code = tpm->tss.Tss2_MU_TPM2B_PUBLIC_Marshal(public_part, blob, *blob_count, &offset);
    }
    if (code != TSS2_RC_SUCCESS) {
        return firebreak_tpm_fault(tpm, FIREBREAK_TPM_TOO_LONG, "the object does not fit the room for it");
    }
    *blob_count = offset;
    return FIREBREAK_TPM_OK;
}

int firebreak_tpm_unpack(
    struct firebreak_tpm *tpm, const uint8_t *blob, size_t blob_count, TPM2B_PRIVATE *private_part,
    TPM2B_PUBLIC *public_part) {
    size_t offset = 0;
    TSS2_RC code = tpm->tss.Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob, blob_count, &offset, private_part);
    if (code == TSS2_RC_SUCCESS) {
        code = tpm->tss.Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob, blob_count, &offset, public_part);
    }
    if (code != TSS2_RC_SUCCESS || offset != blob_count) {
        return firebreak_tpm_fault(tpm, FIREBREAK_TPM_FOREIGN_BLOB, "these bytes are no object of a TPM");
    }
    return FIREBREAK_TPM_OK;
}

#else

// Without the headers: every call says so.
#include <stdlib.h>

#include "CTPM.h"

struct firebreak_tpm {
    int unused;
};

struct firebreak_tpm *firebreak_tpm_new(void) { return calloc(1, sizeof(struct firebreak_tpm)); }
void firebreak_tpm_free(struct firebreak_tpm *tpm) { free(tpm); }
const char *firebreak_tpm_why(const struct firebreak_tpm *tpm) {
    (void)tpm;
    return "this build has no TPM support: build it where libtss2-dev is installed";
}
int firebreak_tpm_open(struct firebreak_tpm *tpm, const char *address) {
    (void)tpm;
    (void)address;
    return FIREBREAK_TPM_NOT_BUILT;
}

// Nobody gets past the open above, so that these are linked and never called.
int firebreak_tpm_key_make(struct firebreak_tpm *tpm, uint8_t *blob, size_t *blob_count) {
    (void)tpm; (void)blob; (void)blob_count;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_key_load(struct firebreak_tpm *tpm, const uint8_t *blob, size_t blob_count, uint8_t *point) {
    (void)tpm; (void)blob; (void)blob_count; (void)point;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_register_reset(struct firebreak_tpm *tpm, uint32_t number) {
    (void)tpm; (void)number;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_register_extend(struct firebreak_tpm *tpm, uint32_t number, const uint8_t *digest) {
    (void)tpm; (void)number; (void)digest;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_quote(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *binding, uint8_t *attest, size_t *attest_count,
    uint8_t *signature) {
    (void)tpm; (void)number; (void)binding; (void)attest; (void)attest_count; (void)signature;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_counter_read(struct firebreak_tpm *tpm, uint32_t index, uint64_t *value) {
    (void)tpm; (void)index; (void)value;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_counter_advance(struct firebreak_tpm *tpm, uint32_t index) {
    (void)tpm; (void)index;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_seal(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *bytes, size_t count, uint8_t *blob,
    size_t *blob_count) {
    (void)tpm; (void)number; (void)bytes; (void)count; (void)blob; (void)blob_count;
    return FIREBREAK_TPM_NOT_BUILT;
}
int firebreak_tpm_unseal(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *blob, size_t blob_count, uint8_t *bytes,
    size_t *count) {
    (void)tpm; (void)number; (void)blob; (void)blob_count; (void)bytes; (void)count;
    return FIREBREAK_TPM_NOT_BUILT;
}

#endif
