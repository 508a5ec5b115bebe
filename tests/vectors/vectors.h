/*
 * vectors.h - the files of docs/vectors, each written by one function into `folder`. All randomness
 * comes from fixed seeds.
 */
#ifndef TOPO_TESTS_VECTORS_VECTORS_H
#define TOPO_TESTS_VECTORS_VECTORS_H

#include "vectors/out.h"

void vectors_beacons(const char *folder);    /* beacons.json */
void vectors_signatures(const char *folder); /* signatures.json */
void vectors_sets(const char *folder);       /* sets.json */
void vectors_workspace(const char *folder);  /* workspace.json and session.json */

#endif
