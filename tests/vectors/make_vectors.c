/* make_vectors.c - writes the files of docs/vectors into the folder that is named. */
#include "crypto/init.h"
#include "vectors/vectors.h"

#include <stdio.h>

int main(int argc, char **argv)
{
  if (argc != 2) {
    fprintf(stderr, "usage: make_vectors FOLDER\n");
    return 2;
  }
  if (topo_crypto_init() < 0)
    return 1;
  vectors_beacons(argv[1]);
  vectors_signatures(argv[1]);
  vectors_sets(argv[1]);
  vectors_workspace(argv[1]);
  return 0;
}
