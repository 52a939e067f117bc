#define _GNU_SOURCE
#if __has_include(<tss2/tss2_esys.h>)

#include <string.h>

#include "library.h"

int firebreak_tpm_key_make(struct firebreak_tpm *tpm, uint8_t *blob, size_t *blob_count) {
    TPM2B_SENSITIVE_CREATE sensitive = {0};
    TPM2B_DATA outside = {0};
    TPML_PCR_SELECTION creation = {0};
    // Restricted: it signs what the TPM made itself, and nothing that is given to it from outside (Part 1, "Restricted
    // Signing Keys"). Made in the TPM, and fixed to it and to its parent: it cannot be duplicated.
    TPM2B_PUBLIC template = {
        .publicArea = {
            .type = TPM2_ALG_ECC,
            .nameAlg = TPM2_ALG_SHA256,
            .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN
                | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
            .parameters.eccDetail = {
                .symmetric.algorithm = TPM2_ALG_NULL,
                .scheme = {.scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256},
                .curveID = TPM2_ECC_NIST_P256,
                .kdf.scheme = TPM2_ALG_NULL,
            },
        }};
    TPM2B_PRIVATE *private_part = NULL;
    TPM2B_PUBLIC *public_part = NULL;
    TSS2_RC code = tpm->tss.Esys_Create(
        tpm->esys, tpm->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template, &outside,
        &creation, &private_part, &public_part, NULL, NULL, NULL);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_Create of the signing key", code);
    int outcome = firebreak_tpm_pack(tpm, private_part, public_part, blob, blob_count);
    tpm->tss.Esys_Free(private_part);
    tpm->tss.Esys_Free(public_part);
    return outcome;
}

// Writes a big-endian number into a field of 32 bytes: a TPM leaves out zeros in front.
static int put_coordinate(const TPM2B_ECC_PARAMETER *number, uint8_t *field) {
    if (number->size > 32) return -1;
    memset(field, 0, 32);
    memcpy(field + 32 - number->size, number->buffer, number->size);
    return 0;
}

int firebreak_tpm_key_load(struct firebreak_tpm *tpm, const uint8_t *blob, size_t blob_count, uint8_t *point) {
    TPM2B_PRIVATE private_part = {0};
    TPM2B_PUBLIC public_part = {0};
    int outcome = firebreak_tpm_unpack(tpm, blob, blob_count, &private_part, &public_part);
    if (outcome != FIREBREAK_TPM_OK) return outcome;
    point[0] = 4;
    if (public_part.publicArea.type != TPM2_ALG_ECC || put_coordinate(&public_part.publicArea.unique.ecc.x, point + 1)
        || put_coordinate(&public_part.publicArea.unique.ecc.y, point + 33)) {
        return firebreak_tpm_fault(tpm, FIREBREAK_TPM_FOREIGN_BLOB, "the stored key is none of P-256");
    }
    TSS2_RC code = tpm->tss.Esys_Load(
        tpm->esys, tpm->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &private_part, &public_part,
        &tpm->signing);
    if (code == TSS2_RC_SUCCESS) return FIREBREAK_TPM_OK;
    tpm->signing = ESYS_TR_NONE;
    return firebreak_tpm_failed(tpm, "TPM2_Load of the signing key", code);
}

int firebreak_tpm_register_reset(struct firebreak_tpm *tpm, uint32_t number) {
    TSS2_RC code =
        tpm->tss.Esys_PCR_Reset(tpm->esys, ESYS_TR_PCR0 + number, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    return code == TSS2_RC_SUCCESS ? FIREBREAK_TPM_OK : firebreak_tpm_failed(tpm, "TPM2_PCR_Reset", code);
}

int firebreak_tpm_register_extend(struct firebreak_tpm *tpm, uint32_t number, const uint8_t *digest) {
    TPML_DIGEST_VALUES values = {.count = 1, .digests = {{.hashAlg = TPM2_ALG_SHA256}}};
    memcpy(values.digests[0].digest.sha256, digest, FIREBREAK_TPM_DIGEST_BYTES);
    TSS2_RC code = tpm->tss.Esys_PCR_Extend(
        tpm->esys, ESYS_TR_PCR0 + number, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values);
    return code == TSS2_RC_SUCCESS ? FIREBREAK_TPM_OK : firebreak_tpm_failed(tpm, "TPM2_PCR_Extend", code);
}

int firebreak_tpm_quote(
    struct firebreak_tpm *tpm, uint32_t number, const uint8_t *binding, uint8_t *attest, size_t *attest_count,
    uint8_t *signature) {
    TPM2B_DATA qualifying = {.size = FIREBREAK_TPM_DIGEST_BYTES};
    memcpy(qualifying.buffer, binding, FIREBREAK_TPM_DIGEST_BYTES);
    TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_NULL};  // the key's own
    TPML_PCR_SELECTION selection = firebreak_tpm_selection(number);
    TPM2B_ATTEST *quoted = NULL;
    TPMT_SIGNATURE *signed_by = NULL;
    TSS2_RC code = tpm->tss.Esys_Quote(
        tpm->esys, tpm->signing, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifying, &scheme, &selection,
        &quoted, &signed_by);
    if (code != TSS2_RC_SUCCESS) return firebreak_tpm_failed(tpm, "TPM2_Quote", code);
    int outcome = FIREBREAK_TPM_OK;
    if (quoted->size > *attest_count || signed_by->sigAlg != TPM2_ALG_ECDSA
        || put_coordinate(&signed_by->signature.ecdsa.signatureR, signature)
        || put_coordinate(&signed_by->signature.ecdsa.signatureS, signature + 32)) {
        outcome = firebreak_tpm_fault(tpm, FIREBREAK_TPM_TOO_LONG, "the quote is none by ECDSA over P-256");
    } else {
        memcpy(attest, quoted->attestationData, quoted->size);
        *attest_count = quoted->size;
    }
    tpm->tss.Esys_Free(quoted);
    tpm->tss.Esys_Free(signed_by);
    return outcome;
}

#endif
