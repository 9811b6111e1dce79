// Reads a JSON list of questions from stdin, answers each with the npm package `vnpay`.
const { VNPay } = require("vnpay");

let text = "";
process.stdin.on("data", (piece) => (text += piece));
process.stdin.on("end", () => {
  const { tmnCode, secureSecret, vnpayHost, questions } = JSON.parse(text);
  const vnpay = new VNPay({ tmnCode, secureSecret, vnpayHost });
  const answers = questions.map(({ build, verify }) => {
    if (build) return vnpay.buildPaymentUrl(build);
    try {
      const { isVerified, isSuccess, vnp_Amount } = vnpay.verifyIpnCall(Object.fromEntries(new URLSearchParams(verify)));
      return { isVerified, isSuccess, vnp_Amount };
    } catch {
      return { isVerified: false };
    }
  });
  process.stdout.write(JSON.stringify(answers));
});
