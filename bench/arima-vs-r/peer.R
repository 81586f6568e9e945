# Reads series (id,period,horizon,values…; the last `horizon` values are held out), fits each with auto.arima and then with Arima at
# the order found, and writes what both found and the CPU seconds they took.
suppressMessages(library(forecast))
args <- commandArgs(trailingOnly = TRUE)
lines <- readLines(args[1])
out <- file(args[2], "w")
writeLines("id,p,d,q,P,D,Q,constant,autoSeconds,fixedSeconds,logLikelihood,mae", out)

cpu <- function(expression) {
  used <- system.time(value <- force(expression))
  list(value = value, seconds = used[["user.self"]] + used[["sys.self"]])
}

for (i in seq_along(lines)) {
  cells <- strsplit(lines[i], ",", fixed = TRUE)[[1]]
  period <- as.integer(cells[2])
  horizon <- as.integer(cells[3])
  values <- suppressWarnings(as.numeric(cells[-(1:3)]))
  known <- head(values, -horizon)
  held <- tail(values, horizon)
  x <- ts(known, frequency = period)

  chosen <- cpu(auto.arima(x))
  order <- chosen$value$arma  # p, q, P, Q, s, d, D
  names <- names(coef(chosen$value))
  constant <- any(c("intercept", "drift") %in% names)
  fixed <- cpu(tryCatch(
    Arima(x, order = order[c(1, 6, 2)], seasonal = order[c(3, 7, 4)], include.constant = constant, method = "CSS-ML"),
    error = function(e) list(loglik = NA)))
  mean <- as.numeric(forecast(chosen$value, h = horizon)$mean)
  writeLines(paste(c(
    cells[1], order[c(1, 6, 2, 3, 7, 4)], as.integer(constant),
    round(chosen$seconds, 3), round(fixed$seconds, 3), format(fixed$value$loglik, digits = 12),
    format(mean(abs(mean - held), na.rm = TRUE), digits = 12)), collapse = ","), out)
  flush(out)
  cat(sprintf("R %d/%d: %s, %.1f s\n", i, length(lines), cells[1], chosen$seconds), file = stderr())
}
close(out)
