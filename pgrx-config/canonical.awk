# The canonical form of an install script: reads what `cargo pgrx schema` prints, writes the same
# statements in an order of their own, so that the same source always gives the same file.
#
# cargo-pgrx orders objects by a walk over its dependency graph, in an order that changes from build
# to build, and marks each with a source line. Here each comes in the order of its source file and
# line, after what it requires; files by name, the bootstrap file first, grants last. Line numbers,
# lists of requirements and the Rust names of types are left out.

function fail(message) {
    print "canonical.awk: " message > "/dev/stderr"
    failed = 1
    exit 1
}

# The name that an extension_sql! block gives itself stands in the source only.
function name_in_source(file, line,    text, n, found) {
    n = 0
    found = ""
    while ((getline text < file) > 0) {
        n++
        if (n >= line && match(text, /name[ ]*=[ ]*"[^"]*"/)) {
            found = substr(text, RSTART, RLENGTH)
            sub(/^[^"]*"/, "", found)
            sub(/"$/, "", found)
            break
        }
    }
    close(file)
    return found
}

function last_part(path) {
    sub(/^.*::/, "", path)
    return path
}

function start_block() {
    blocks++
    body[blocks] = ""
    needs[blocks] = ""
    file[blocks] = ""
    tier[blocks] = 2
    list = ""
    is_function = 0
}

/^\/\* <begin connected objects> \*\/$/ { start_block(); next }
/^\/\* <\/end connected objects> \*\/$/ { next }
blocks == 0 { next }

# The place in the source. A block of several objects takes the place of its first.
/^-- [^ ]+\.rs:[0-9]+$/ {
    place = $2
    line_number = place
    sub(/^.*:/, "", line_number)
    sub(/:[0-9]+$/, "", place)
    if (file[blocks] == "") {
        file[blocks] = place
        line[blocks] = line_number + 0
        body[blocks] = "-- " place "\n"
    }
    list = "head"
    is_function = 0
    next
}
list != "" && /^-- bootstrap$/ { tier[blocks] = 0; next }
list != "" && /^-- finalize$/ { tier[blocks] = 3; next }
list != "" && /^-- requires:$/ { list = "requires"; next }
list != "" && /^-- creates:$/ { list = "creates"; next }
list == "requires" && /^--   / {
    need = substr($0, 6)
    gsub(/^[A-Za-z]*\(|\)$/, "", need)
    needs[blocks] = needs[blocks] last_part(need) "\n"
    next
}
list == "creates" && /^--   / {
    made = substr($0, 6)
    gsub(/^[A-Za-z]*\(|\)$/, "", made)
    provider[last_part(made)] = blocks
    next
}
list != "" && /^-- [a-z_0-9]+(::[A-Za-z_0-9]+)+$/ {
    provider[last_part($2)] = blocks
    is_function = 1
    next
}
list != "" && /^$/ { next }

# The first line of SQL ends the head.
list != "" {
    list = ""
    if (!is_function) {
        name = name_in_source(place, line_number + 0)
        if (name != "") provider[name] = blocks
    }
}

{
    text = $0
    if (is_function) {
        sub(/ *\/\* .* \*\/$/, "", text)
        sub(/^\t/, "    ", text)
        sub(/^CREATE  FUNCTION/, "CREATE FUNCTION", text)
        sub(/ $/, "", text)
    } else if (text ~ /^CREATE TYPE/) {
        tier[blocks] = 1
    }
    body[blocks] = body[blocks] text "\n"
}

# True when block a comes before block b where nothing else decides.
function before(a, b) {
    if (tier[a] != tier[b]) return tier[a] < tier[b]
    if (file[a] != file[b]) return file[a] < file[b]
    return line[a] < line[b]
}

END {
    if (failed) exit 1
    for (b = 1; b <= blocks; b++) {
        if (file[b] == "") continue # the file's own header
        total++
        count = split(needs[b], names, "\n")
        for (i = 1; i < count; i++) {
            if (!(names[i] in provider)) fail(file[b] " requires " names[i] ", which nothing provides")
            if (provider[names[i]] != b) waits[b, provider[names[i]]] = 1
        }
    }
    print "-- rowguard " version ": the install script, made by `make schema` from the source."
    print "\\echo Use \"CREATE EXTENSION rowguard\" to load this file. \\quit"
    for (written = 0; written < total; written++) {
        next_block = 0
        for (b = 1; b <= blocks; b++) {
            if (file[b] == "" || done[b]) continue
            ready = 1
            for (other = 1; other <= blocks; other++)
                if ((b, other) in waits && !done[other]) ready = 0
            if (ready && (next_block == 0 || before(b, next_block))) next_block = b
        }
        if (next_block == 0) fail("requirements form a circle")
        text = body[next_block]
        sub(/\n+$/, "", text)
        print ""
        print text
        done[next_block] = 1
    }
}
