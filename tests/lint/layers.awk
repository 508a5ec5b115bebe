# layers.awk - reads src/LAYERS, then C files; prints `RULE file:line: sentence` for each breach.

function breach(rule, sentence) {
  print rule " " FILENAME ":" FNR ": " sentence
}

# src/LAYERS: `room: rooms` and `<header>: rooms`; a header may end in `*` before its bracket.
FILENAME ~ /LAYERS$/ {
  if ($0 ~ /^#/ || NF == 0) next
  name = $1
  sub(/:$/, "", name)
  if (name ~ /^</) {
    library[++libraries] = substr(name, 2, length(name) - 2)
  } else {
    if (name in room) breach("layers", "the room " name " is named twice")
    for (i = 2; i <= NF; i++)
      if (!($i in room)) breach("layers", name " includes " $i ", which is not named above it")
    room[name] = 1
    allowed[name, name] = 1
  }
  for (i = 2; i <= NF; i++) {
    if (name ~ /^</) owner[libraries, $i] = 1
    else allowed[name, $i] = 1
  }
  next
}

FNR == 1 {
  split(FILENAME, part, "/")
  here = part[2]
  type = (here == "events" && part[4] != "") ? part[3] : ""
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
  split($0, quoted, "\"")
  split(quoted[2], target, "/")
  if (quoted[2] !~ /\//) breach("room", "\"" quoted[2] "\" does not name its room")
  else if (!(target[1] in room)) breach("room", "\"" quoted[2] "\" is in no room that LAYERS names")
  else if (!((here, target[1]) in allowed)) breach("room", here " may not include " target[1])
  if (type != "" && target[1] == "events" && target[3] != "" && target[2] != type &&
      target[3] != target[2] "_read.h")
    breach("sibling", type " may include of " target[2] " only " target[2] "_read.h")
}

/^[ \t]*#[ \t]*include[ \t]*</ {
  header = $0
  sub(/^[^<]*</, "", header)
  sub(/>.*/, "", header)
  for (i = 1; i <= libraries; i++) {
    stem = library[i]
    found = sub(/\*$/, "", stem) ? index(header, stem) == 1 : header == stem
    if (found && !((i, here) in owner)) breach("library", here " may not include <" header ">")
  }
}
