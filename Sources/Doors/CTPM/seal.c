#define _GNU_SOURCE
#if __has_include(<tss2/tss2_esys.h>)

#include <string.h>

#include "library.h"

// ---- The monotonic counter

// Counter, with an empty authorization of its own: it can only ever go up, whoever advances it. Not subject to lockout.
static const TPMA_NV counter_attributes = TPMA_NV_AUTHWRITE | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA
    | ((TPMA_NV)TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);

static int define_counter(struct firebreak_tpm *tpm, uint32_t index, ESYS_TR *handle) {
    TPM2B_AUTH empty = {0};
    TPM2B_NV_PUBLIC public_part = {
        .nvPublic = {
            .nvIndex = index, .nameAlg = TPM2_ALG_SHA256, .attributes = counter_attributes, .dataSize = 8}};
    TSS2_RC code = tpm->tss.Esys_NV_DefineSpace(
        tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &empty, &public_part, handle);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_NV_DefineSpace of the counter", code);
    // A counter has no value before its first increment, which sets it above every count that a deleted counter of this
    // TPM ever had (Part 3, TPM2_NV_Increment): one that was deleted and made anew does not go back.
    code = tpm->tss.Esys_NV_Increment(tpm->esys, *handle, *handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    if (code == TSS2_RC_SUCCESS) return FIREBREAK_TPM_OK;
    tpm->tss.Esys_TR_Close(tpm->esys, handle);
    return firebreak_tpm_failed(tpm, "TPM2_NV_Increment", code);
}

static int find_counter(struct firebreak_tpm *tpm, uint32_t index, ESYS_TR *handle) {
    TSS2_RC code =
        tpm->tss.Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, handle);
    if (code == TSS2_RC_SUCCESS) return FIREBREAK_TPM_OK;
    // TPM_RC_HANDLE of format one: there is no such index yet.
    if ((code & 0xBF) == TPM2_RC_HANDLE) return define_counter(tpm, index, handle);
    return firebreak_tpm_failed(tpm, "TPM2_NV_ReadPublic of the counter", code);
}

int firebreak_tpm_counter_read(struct firebreak_tpm *tpm, uint32_t index, uint64_t *value) {
    ESYS_TR handle = ESYS_TR_NONE;
    int outcome = find_counter(tpm, index, &handle);
    if (outcome != FIREBREAK_TPM_OK) return outcome;
    TPM2B_MAX_NV_BUFFER *data = NULL;
    TSS2_RC code =
        tpm->tss.Esys_NV_Read(tpm->esys, handle, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &data);
    tpm->tss.Esys_TR_Close(tpm->esys, &handle);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_NV_Read of the counter", code);
    *value = 0;
    int isWhole = data->size == 8;
    for (int index = 0; isWhole && index < 8; index++) *value = *value << 8 | data->buffer[index];
    tpm->tss.Esys_Free(data);
    return isWhole ? FIREBREAK_TPM_OK
                   : firebreak_tpm_fault(tpm, FIREBREAK_TPM_REFUSED, "the NV index holds no counter");
}

int firebreak_tpm_counter_advance(struct firebreak_tpm *tpm, uint32_t index) {
    ESYS_TR handle = ESYS_TR_NONE;
    int outcome = find_counter(tpm, index, &handle);
    if (outcome != FIREBREAK_TPM_OK) return outcome;
    TSS2_RC code =
        tpm->tss.Esys_NV_Increment(tpm->esys, handle, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    tpm->tss.Esys_TR_Close(tpm->esys, &handle);
    return code == TSS2_RC_SUCCESS ? FIREBREAK_TPM_OK : firebreak_tpm_failed(tpm, "TPM2_NV_Increment", code);
}

// ---- Sealing

// A session that holds the register's present value: a policy to seal under (trial), or the proof of one.
static int start_policy(struct firebreak_tpm *tpm, uint32_t number, TPM2_SE kind, ESYS_TR *session) {
    TPMT_SYM_DEF plain = {.algorithm = TPM2_ALG_NULL};
    TSS2_RC code = tpm->tss.Esys_StartAuthSession(
        tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, kind, &plain,
        TPM2_ALG_SHA256, session);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_StartAuthSession", code);
    TPM2B_DIGEST present = {0};  // empty: whatever the register holds now
    TPML_PCR_SELECTION selection = firebreak_tpm_selection(number);
    code = tpm->tss.Esys_PolicyPCR(
        tpm->esys, *session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &present, &selection);
    if (code == TSS2_RC_SUCCESS) return FIREBREAK_TPM_OK;
    tpm->tss.Esys_FlushContext(tpm->esys, *session);
    return firebreak_tpm_failed(tpm, "TPM2_PolicyPCR", code);
}

int firebreak_tpm_seal(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *bytes, size_t count, uint8_t *blob,
    size_t *blob_count) {
    if (count > FIREBREAK_TPM_SEALED_BYTES_MAX) {
        return firebreak_tpm_fault(tpm, FIREBREAK_TPM_TOO_LONG, "more than a TPM seals");
    }
    ESYS_TR session = ESYS_TR_NONE;
    int outcome = start_policy(tpm, number, TPM2_SE_TRIAL, &session);
    if (outcome != FIREBREAK_TPM_OK) return outcome;
    TPM2B_DIGEST *policy = NULL;
    TSS2_RC code =
        tpm->tss.Esys_PolicyGetDigest(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &policy);
    tpm->tss.Esys_FlushContext(tpm->esys, session);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_PolicyGetDigest", code);
    TPM2B_SENSITIVE_CREATE sensitive = {0};
    sensitive.sensitive.data.size = (UINT16)count;
    memcpy(sensitive.sensitive.data.buffer, bytes, count);
    TPM2B_DATA outside = {0};
    TPML_PCR_SELECTION creation = {0};
    // Without USERWITHAUTH the policy is the only way in.
    TPM2B_PUBLIC template = {
        .publicArea = {
            .type = TPM2_ALG_KEYEDHASH,
            .nameAlg = TPM2_ALG_SHA256,
            .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA,
            .authPolicy = *policy,
            .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
        }};
    tpm->tss.Esys_Free(policy);
    TPM2B_PRIVATE *private_part = NULL;
    TPM2B_PUBLIC *public_part = NULL;
    code = tpm->tss.Esys_Create(
        tpm->esys, tpm->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template, &outside,
        &creation, &private_part, &public_part, NULL, NULL, NULL);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_Create of the sealed state", code);
    outcome = firebreak_tpm_pack(tpm, private_part, public_part, blob, blob_count);
    tpm->tss.Esys_Free(private_part);
    tpm->tss.Esys_Free(public_part);
    return outcome;
}

int firebreak_tpm_unseal(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *blob, size_t blob_count, uint8_t *bytes,
    size_t *count) {
    TPM2B_PRIVATE private_part = {0};
    TPM2B_PUBLIC public_part = {0};
    int outcome = firebreak_tpm_unpack(tpm, blob, blob_count, &private_part, &public_part);
    if (outcome != FIREBREAK_TPM_OK) return outcome;
    ESYS_TR object = ESYS_TR_NONE;
    TSS2_RC code = tpm->tss.Esys_Load(
        tpm->esys, tpm->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &private_part, &public_part, &object);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_Load of the sealed state", code);
    ESYS_TR session = ESYS_TR_NONE;
    outcome = start_policy(tpm, number, TPM2_SE_POLICY, &session);
    if (outcome == FIREBREAK_TPM_OK) {
        TPM2B_SENSITIVE_DATA *data = NULL;
        code = tpm->tss.Esys_Unseal(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
        if (code != TSS2_RC_SUCCESS) {
            outcome = firebreak_tpm_failed(tpm, "TPM2_Unseal", code);
            tpm->tss.Esys_FlushContext(tpm->esys, session);
        } else if (data->size > *count) {
            outcome = firebreak_tpm_fault(tpm, FIREBREAK_TPM_TOO_LONG, "the sealed state does not fit");
            tpm->tss.Esys_Free(data);
        } else {
            memcpy(bytes, data->buffer, data->size);
            *count = data->size;
            tpm->tss.Esys_Free(data);
        }
        // A policy session that authorized something has ended with it (continueSession is clear).
    }
    tpm->tss.Esys_FlushContext(tpm->esys, object);
    return outcome;
}

#endif
