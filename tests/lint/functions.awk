# functions.awk - prints each C function longer than 70 lines, from its opening to its closing brace.
#
# The format of the house puts both braces of a function, and of nothing else, alone at column 0.

FNR == 1 { start = 0 }
/^\{[ \t]*$/ { start = FNR; name = before }
/^\}[ \t]*$/ {
  if (start && FNR - start + 1 > 70)
    print FILENAME ":" start ": the function has " (FNR - start + 1) " lines: " name
  start = 0
}
/^[A-Za-z_].*\(/ { before = $0 }
