# C:\ProgramData\CaseAudit\start.ps1: starts the service, or runs another command with its settings. Not run so far.
# docs/configuration.md lists every setting. Only the user of the service and administrators may read this folder.
$env:CASEAUDIT_DATABASE_URL = 'sqlite:///C:/ProgramData/CaseAudit/caseaudit.db'
$env:CASEAUDIT_PORT = '8000'
# The address at which people open the service, through the proxy with the certificate:
# $env:CASEAUDIT_PUBLIC_ADDRESS = 'https://audit.example.org'
# $env:CASEAUDIT_BEHIND_HTTPS = 'true'

Set-Location C:\ProgramData\CaseAudit
if ($args) {
    & C:\CaseAudit\Scripts\caseaudit.exe @args
} else {
    & C:\CaseAudit\Scripts\caseaudit.exe serve *>> said.log
}
exit $LASTEXITCODE
